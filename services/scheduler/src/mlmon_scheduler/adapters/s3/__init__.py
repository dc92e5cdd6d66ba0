"""Adapters to S3, and to what speaks as S3 does; boto3 is optional."""
